# Kaplan-Meier with log-scale intervals, numbers at risk, log-rank tests.
source("record.R")

curve <- function(time, event) {
  fit <- survfit(Surv(time, event) ~ 1, conf.type = "log")
  list(months = fit$time, at_risk = fit$n.risk, events = fit$n.event, censored = fit$n.censor,
       survival = fit$surv, ci_low = fit$lower, ci_high = fit$upper)
}
test <- function(time, event, group) {
  s <- survdiff(Surv(time, event) ~ group)
  list(chi_square = s$chisq, df = length(s$n) - 1, p_value = s$pvalue, groups = names(s$n),
       observed = s$obs, expected = s$exp)
}
LANDMARKS <- c(0, 12, 24, 36, 48, 60, 72)

topic <- list()
for (name in c("primary", "validation")) {
  d <- read_input(name)
  tied <- half_years(d$time)
  by_group <- survfit(Surv(time, event) ~ group, data = d)
  at <- summary(by_group, times = LANDMARKS, extend = TRUE)
  topic[[name]] <- list(
    curve = curve(d$time, d$event), curve_tied = curve(tied, d$event),
    survival_at = list(months = c(0, 0.1, 35.9, 36, 36.05, 60, 94),
      survival = summary(survfit(Surv(time, event) ~ 1, data = d), times = c(0, 0.1, 35.9, 36, 36.05, 60, 94),
                         extend = TRUE)$surv),
    at_risk = list(group = sub("group=", "", as.character(at$strata)), months = at$time, at_risk = at$n.risk),
    log_rank = test(d$time, d$event, d$group), log_rank_tnm = test(d$time, d$event, d$tnm),
    log_rank_tied = test(tied, d$event, d$group), log_rank_tnm_tied = test(tied, d$event, d$tnm))
}
record("kaplan_meier", topic, "survival", c("primary", "validation"))
