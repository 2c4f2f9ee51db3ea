# Net benefit for censored outcomes (Vickers, Cronin, Elkin, Gonen 2008), by hand from survfit.
# Among the n+ of n patients whose predicted risk is at least p_t, with Kaplan-Meier survival S+ at `months`:
# net benefit = (1 - S+) n+/n - S+ n+/n p_t/(1 - p_t).
source("record.R")

km_at <- function(time, event, months) summary(survfit(Surv(time, event) ~ 1), times = months, extend = TRUE)$surv
net_benefit <- function(time, event, risk, months, threshold) {
  treated <- risk >= threshold
  if (!any(treated)) return(0)
  share <- mean(treated)
  s <- km_at(time[treated], event[treated], months)
  (1 - s) * share - s * share * threshold / (1 - threshold)
}

d <- read_input("primary")
v <- read_input("validation")
THRESHOLDS <- seq(0.02, 0.6, by = 0.02)
topic <- list()
for (months in c(36, 60)) {
  risks <- lapply(list(combined = c("marker", "tnm"), stage = "tnm"), function(columns) {
    fit <- coxph(reformulate(columns, "Surv(time, event)"), data = d)
    zero <- as.data.frame(as.list(setNames(rep(0, length(columns)), columns)))
    base <- summary(survfit(fit, newdata = zero), times = months)$surv
    # ten digits, so that no rounding on the way decides who is above a threshold
    round(1 - base^exp(as.vector(as.matrix(v[, columns, drop = FALSE]) %*% coef(fit))), 10)
  })
  s <- km_at(v$time, v$event, months)
  topic[[as.character(months)]] <- list(
    risks = risks, thresholds = THRESHOLDS,
    net_benefit = lapply(risks, function(risk) {
      sapply(THRESHOLDS, function(t) net_benefit(v$time, v$event, risk, months, t))
    }),
    treat_all = (1 - s) - s * THRESHOLDS / (1 - THRESHOLDS))
}
record("decision_curve", topic, "survival", c("primary", "validation"))
