# rms::nomogram for one continuous marker and the TNM stage: as a number,
# with the marker turned round, and with the stage as a category.
source("record.R")
suppressMessages(library(rms))

describe <- function(fit, marker_values, stage_values, months) {
  survival <- Survival(fit)
  functions <- lapply(months, function(u) function(lp) survival(u, lp))
  ticks <- c(0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
  drawn <- nomogram(fit, marker = marker_values, tnm = stage_values, fun = functions, fun.at = ticks,
                    funlabel = paste0("m", months), maxscale = 100, lp = TRUE)
  info <- attr(drawn, "info")
  total <- seq(0, 200, by = 10)
  lp <- total / info$sc + info$Intercept
  outcome <- lapply(seq_along(months), function(i) {
    axis <- drawn[[paste0("m", months[i])]]
    zero <- survival(months[i], 0)
    # rms finds its ticks on a grid of 1000 points; `exact` inverts S = S0^exp(lp) itself
    list(months = months[i], at_total = sapply(lp, function(v) survival(months[i], v)),
         ticks = axis$x.real, tick_points = axis$x,
         exact = (log(log(axis$x.real) / log(zero)) - info$Intercept) * info$sc)
  })
  list(coefficients = unname(coef(fit)), center = fit$center,
       marker = list(values = marker_values, points = drawn$marker$points),
       tnm = list(values = as.numeric(as.character(drawn$tnm$tnm)), points = drawn$tnm$points),
       points_per_unit = info$sc, intercept = info$Intercept, total_points = total, linear_predictor = lp,
       outcomes = outcome,
       patients = list(total_points = unname((fit$linear.predictors - info$Intercept) * info$sc),
                       survival_36 = unname(survival(36, fit$linear.predictors)),
                       survival_60 = unname(survival(60, fit$linear.predictors))))
}

values <- seq(-2, 2.5, by = 0.5)
topic <- list()
for (case in c("rising", "falling", "categories")) {
  d <- read_input("primary")[, c("time", "event", "marker", "tnm")]
  if (case == "falling") d$marker <- -d$marker
  if (case == "categories") d$tnm <- factor(d$tnm)
  reference_ranges <- datadist(d)
  options(datadist = "reference_ranges")
  fit <- cph(Surv(time, event) ~ marker + tnm, data = d, x = TRUE, y = TRUE, surv = TRUE, time.inc = 36,
             eps = 1e-11, tol = 1e-13)
  stages <- if (case == "categories") c("1", "2", "3", "4") else 1:4
  topic[[case]] <- describe(fit, if (case == "falling") rev(-values) else values, stages, c(36, 60))
}
record("nomogram", topic, c("rms", "survival"), "primary")
