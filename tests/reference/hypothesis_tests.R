# Tests behind a baseline table, Pearson correlation, Wilson intervals.
source("record.R")

d <- read_input("primary")
v <- read_input("validation")
d$sex <- ifelse(d$sex == 1, "M", "F")
d$event_text <- ifelse(d$event == 1, "yes", "no")

tables <- list(two_by_two = rbind(c(30, 93), c(45, 72)), small_two_by_two = rbind(c(3, 9), c(8, 2)),
               two_by_four = rbind(c(12, 40, 50, 21), c(34, 46, 30, 7)),
               sparse_two_by_three = rbind(c(2, 7, 1), c(9, 3, 4)),
               sparse_three_by_four = rbind(c(4, 1, 0, 6), c(2, 5, 3, 0), c(1, 2, 7, 2)))
contingency <- lapply(tables, function(counts) {
  chi <- suppressWarnings(chisq.test(counts, correct = TRUE))
  list(counts = counts, chi_square = unname(chi$statistic), df = unname(chi$parameter), p_value = chi$p.value,
       fisher_p = fisher.test(counts, workspace = 2e7)$p.value, smallest_expected = min(chi$expected))
})

by_columns <- function(data, group) {
  categorical <- c("sex", "tnm", "event_text", "marker_coarse")
  continuous <- c("age", "marker", "f03", "tnm")
  list(
    chi_square = sapply(categorical, function(k) suppressWarnings(chisq.test(table(data[[k]], data[[group]]),
      correct = TRUE)$p.value), simplify = FALSE),
    fisher = sapply(categorical, function(k) fisher.test(table(data[[k]], data[[group]]), workspace = 2e7)$p.value,
      simplify = FALSE),
    smallest_expected = sapply(categorical, function(k) min(suppressWarnings(chisq.test(table(data[[k]],
      data[[group]])))$expected), simplify = FALSE),
    anova = sapply(continuous, function(k) oneway.test(data[[k]] ~ factor(data[[group]]), var.equal = TRUE)$p.value,
      simplify = FALSE),
    welch = sapply(continuous, function(k) oneway.test(data[[k]] ~ factor(data[[group]]))$p.value, simplify = FALSE),
    kruskal = sapply(continuous, function(k) kruskal.test(data[[k]], factor(data[[group]]))$p.value,
      simplify = FALSE),
    mean = sapply(continuous, function(k) as.list(tapply(data[[k]], data[[group]], mean)), simplify = FALSE),
    sd = sapply(continuous, function(k) as.list(tapply(data[[k]], data[[group]], sd)), simplify = FALSE),
    median = sapply(continuous, function(k) as.list(tapply(data[[k]], data[[group]], median)), simplify = FALSE)
  )
}

correlation <- function(x, y) {
  r <- cor.test(x, y)
  list(estimate = unname(r$estimate), ci_low = r$conf.int[1], ci_high = r$conf.int[2], p_value = r$p.value, n = length(x))
}
pairs <- list(c("f01", "f02"), c("f03", "marker"), c("age", "tnm"), c("f07", "f08"))
correlations <- lapply(pairs, function(k) c(list(x = k[1], y = k[2]), correlation(d[[k[1]]], d[[k[2]]])))
short <- lapply(pairs, function(k) c(list(x = k[1], y = k[2]), correlation(d[[k[1]]][1:6], d[[k[2]]][1:6])))

counts <- list(c(0, 10), c(1, 10), c(53, 139), c(138, 139), c(10, 10), c(66, 242))
wilson <- lapply(counts, function(k) {
  interval <- suppressWarnings(prop.test(k[1], k[2], correct = FALSE)$conf.int)
  list(successes = k[1], n = k[2], ci_low = interval[1], ci_high = interval[2])
})

record("hypothesis_tests", list(contingency = contingency, by_group = by_columns(d, "group"),
  by_tnm = by_columns(d, "tnm"), correlations = correlations, correlations_of_six = short, wilson = wilson),
  "stats", c("primary", "validation"))
