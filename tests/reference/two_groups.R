# How large a difference is, and how well it can be found: fisher.test, wilcox.test(conf.int), shapiro.test, power and
# equivalence by base R alone. `exact_power` goes through all tables with R's own tests.
source("record.R")

d <- read_input("primary")
tables <- list(c(38, 52, 57, 80), c(30, 52, 48, 80), c(4, 52, 9, 80), c(11, 52, 15, 80), c(3, 12, 9, 11), c(0, 20, 5, 25))
odds <- lapply(tables, function(k) {
  m <- matrix(c(k[1], k[2] - k[1], k[3], k[4] - k[3]), 2)
  f <- fisher.test(m)
  list(counts = k, fisher = f$p.value, odds_ratio = unname(f$estimate), low = f$conf.int[1],
    high = if (is.finite(f$conf.int[2])) f$conf.int[2] else NULL,
    pearson = suppressWarnings(chisq.test(m, correct = FALSE))$p.value)
})
columns <- c("marker", "f03", "f01", "age")
values <- sapply(columns, function(k) {
  a <- d[[k]][d$sex == 1]
  b <- d[[k]][d$sex == 0]
  rank <- suppressWarnings(wilcox.test(a, b, conf.int = TRUE, exact = FALSE, correct = FALSE))
  welch <- t.test(a, b, conf.level = 0.90)
  list(shift = unname(rank$estimate), shift_low = rank$conf.int[1], shift_high = rank$conf.int[2],
    shapiro_a = shapiro.test(a)$p.value, shapiro_b = shapiro.test(b)$p.value,
    mean_low = welch$conf.int[1], mean_high = welch$conf.int[2], superiority = mean(outer(a, b, ">") + 0.5 * outer(a, b, "==")))
}, simplify = FALSE)
exact_power <- function(p, q, n, m, test) {
  total <- 0
  for (x in 0:n) for (y in 0:m) {
    t <- matrix(c(x, n - x, y, m - y), 2)
    found <- switch(test, fisher = fisher.test(t)$p.value,
      pearson = suppressWarnings(chisq.test(t, correct = FALSE))$p.value,
      yates = suppressWarnings(chisq.test(t, correct = TRUE))$p.value)
    if (!is.nan(found) && found < 0.05) total <- total + dbinom(x, n, p) * dbinom(y, m, q)
  }
  total
}
power <- lapply(list(c(0.2, 0.5, 12, 18), c(0.4, 0.4, 15, 10), c(0.9, 0.6, 20, 20)), function(k) {
  c(list(case = k), sapply(c("fisher", "pearson", "yates"), function(t) exact_power(k[1], k[2], k[3], k[4], t),
    simplify = FALSE))
})
equal <- power.prop.test(n = 65, p1 = 0.5, p2 = 0.7, strict = TRUE)$power
record("two_groups", list(odds = odds, values = values, power = power, equal_groups = equal), "stats", "primary")
