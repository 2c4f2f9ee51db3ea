# Area under the ROC curve with DeLong's variance, interval and paired test; Youden's cut-off; Clopper-Pearson intervals.
suppressMessages(library(pROC))
source("record.R")

# Patients with a recurrence are class 1; `coarse` has many ties, `down` orders the wrong way.
scores_of <- function(d) list(marker = d$marker, coarse = d$marker_coarse, feature = d$f03, tnm = d$tnm, down = -d$marker)

of_cohort <- function(d) {
  scores <- scores_of(d)
  curves <- lapply(scores, function(s) roc(d$event, s, direction = "<", levels = c(0, 1), quiet = TRUE))
  areas <- lapply(curves, function(curve) {
    interval <- ci.auc(curve, method = "delong")
    best <- coords(curve, "best", best.method = "youden", transpose = FALSE)
    inner <- is.finite(curve$thresholds) & nrow(d) <= 30
    list(auc = as.numeric(curve$auc), variance = var(curve, method = "delong"), ci_low = interval[1], ci_high = interval[3],
      thresholds = rev(curve$thresholds[inner]), sensitivities = rev(curve$sensitivities[inner]),
      specificities = rev(curve$specificities[inner]), youden = max(best$threshold), sensitivity = best$sensitivity[which.max(best$threshold)],
      specificity = best$specificity[which.max(best$threshold)])
  })
  pairs <- list(c("marker", "coarse"), c("marker", "feature"), c("coarse", "tnm"), c("feature", "down"))
  tests <- lapply(pairs, function(k) {
    test <- roc.test(curves[[k[1]]], curves[[k[2]]], method = "delong", paired = TRUE)
    list(a = k[1], b = k[2], z = unname(test$statistic), p_value = test$p.value, ci_low = test$conf.int[1],
      ci_high = test$conf.int[2])
  })
  list(areas = areas, tests = tests)
}

counts <- list(c(0, 10), c(1, 10), c(19, 23), c(24, 30), c(30, 30), c(66, 242))
exact <- lapply(counts, function(k) {
  interval <- binom.test(k[1], k[2])$conf.int
  list(successes = k[1], n = k[2], ci_low = interval[1], ci_high = interval[2])
})

d <- read_input("primary")
record("roc", list(primary = of_cohort(d), first_thirty = of_cohort(d[1:30, ]), validation = of_cohort(read_input("validation")),
  clopper_pearson = exact), c("pROC", "stats"), c("primary", "validation"))
