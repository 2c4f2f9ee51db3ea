# Tests between two groups and between two visits: wilcox.test and t.test as they are by default.
source("record.R")

d <- read_input("primary")
samples <- list(all = d, forty = d[1:40, ], twelve = d[1:12, ])
columns <- c("marker", "marker_coarse", "f03", "age")
two_groups <- lapply(samples, function(s) sapply(columns, function(k) {
  a <- s[[k]][s$sex == 1]
  b <- s[[k]][s$sex == 0]
  rank <- suppressWarnings(wilcox.test(a, b))
  student <- t.test(a, b, var.equal = TRUE)
  welch <- t.test(a, b)
  list(mann_whitney = list(statistic = unname(rank$statistic), p_value = rank$p.value),
    student = list(statistic = unname(student$statistic), p_value = student$p.value),
    welch = list(statistic = unname(welch$statistic), p_value = welch$p.value))
}, simplify = FALSE))
pairs <- list(c("f01", "f02"), c("marker", "marker_coarse"), c("f07", "f05"), c("tnm", "sex"))
two_visits <- lapply(samples, function(s) lapply(pairs, function(k) {
  signed <- suppressWarnings(wilcox.test(s[[k[1]]], s[[k[2]]], paired = TRUE))
  student <- t.test(s[[k[1]]], s[[k[2]]], paired = TRUE)
  list(before = k[1], after = k[2], wilcoxon = list(statistic = unname(signed$statistic), p_value = signed$p.value),
    paired_t = list(statistic = unname(student$statistic), p_value = student$p.value))
}))
record("group_tests", list(two_groups = two_groups, two_visits = two_visits), "stats", "primary")
