# Whether two groups are alike: score tests of Farrington and Manning, with the likeliest proportions under a margin
# found by search (base R's optimize) in place of their closed form; ranks by pROC's area, its variance and interval.
source("record.R")
suppressMessages(library(pROC))

margin <- 0.2
z <- function(k, delta) {
  likelihood <- function(p) dbinom(k[1], k[2], p, log = TRUE) + dbinom(k[3], k[4], p - delta, log = TRUE)
  ends <- c(max(0, delta) + 1e-12, min(1, 1 + delta) - 1e-12)
  p <- optimize(likelihood, ends, maximum = TRUE, tol = 1e-12)$maximum
  (k[1] / k[2] - k[3] / k[4] - delta) / sqrt(p * (1 - p) / k[2] + (p - delta) * (1 - p + delta) / k[4])
}
tables <- list(c(38, 52, 57, 80), c(30, 52, 48, 80), c(4, 52, 9, 80), c(11, 52, 15, 80), c(6, 52, 37, 80), c(0, 20, 3, 25))
proportions <- lapply(tables, function(k) {
  limit <- function(target) uniroot(function(d) z(k, d) - target, c(-0.98, 0.98), tol = 1e-12)$root
  list(counts = k, p = max(pnorm(-z(k, -margin)), pnorm(z(k, margin))), low = limit(qnorm(0.95)), high = limit(qnorm(0.05)))
})
d <- read_input("primary")
ranks <- sapply(c("marker", "f03", "f01", "age"), function(name) {
  a <- d[[name]][d$sex == 1]
  b <- d[[name]][d$sex == 0]
  found <- roc(rep(1:0, c(length(a), length(b))), c(a, b), direction = "<", quiet = TRUE)
  area <- as.numeric(auc(found))
  se <- sqrt(var(found, method = "delong"))
  wide <- as.numeric(ci.auc(found, method = "delong", conf.level = 0.95))
  narrow <- as.numeric(ci.auc(found, method = "delong", conf.level = 0.90))
  list(area = area, low_95 = wide[1], high_95 = wide[3], low_90 = narrow[1], high_90 = narrow[3],
    p = max(pnorm(-(area - 0.362) / se), pnorm(-(0.638 - area) / se)))
}, simplify = FALSE)
record("likeness", list(proportions = proportions, ranks = ranks), c("stats", "pROC"), "primary")
