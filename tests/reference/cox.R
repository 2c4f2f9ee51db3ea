# Cox regression (Efron), its test of proportional hazards, and the baseline survival at linear predictor 0.
source("record.R")
TIGHT <- coxph.control(eps = 1e-11, toler.chol = 1e-13, iter.max = 100)

describe <- function(table, columns) {
  formula <- reformulate(columns, "Surv(time, event)")
  fit <- coxph(formula, data = table, ties = "efron", control = TIGHT)
  s <- summary(fit)
  zph <- cox.zph(fit, transform = "km", terms = FALSE)
  zero <- as.data.frame(as.list(setNames(rep(0, length(columns)), columns)))
  base <- survfit(fit, newdata = zero)
  uncentred <- basehaz(fit, centered = FALSE)
  stopifnot(max(abs(exp(-uncentred$hazard) - base$surv)) < 1e-10)
  events <- base$n.event > 0
  list(columns = columns, coefficients = unname(coef(fit)), covariance = unname(vcov(fit)),
       log_likelihood = fit$loglik[2], null_log_likelihood = fit$loglik[1], n = fit$n, n_events = fit$nevent,
       means = unname(fit$means), standard_error = unname(s$coefficients[, "se(coef)"]),
       z = unname(s$coefficients[, "z"]), p_value = unname(s$coefficients[, "Pr(>|z|)"]),
       hazard_ratio = unname(s$conf.int[, "exp(coef)"]), ci_low = unname(s$conf.int[, "lower .95"]),
       ci_high = unname(s$conf.int[, "upper .95"]),
       linear_predictor = unname(as.vector(as.matrix(table[, columns]) %*% coef(fit))),
       zph = list(term = rownames(zph$table), chi_square = unname(zph$table[, "chisq"]),
                  df = unname(zph$table[, "df"]), p_value = unname(zph$table[, "p"])),
       baseline = list(months = base$time[events], survival = base$surv[events]))
}

primary <- read_input("primary")
validation <- read_input("validation")
tied <- primary
tied$time <- half_years(tied$time)
clinical <- c("marker", "tnm", "age", "sex")
many <- c(clinical, sprintf("f%02d", 1:8))
topic <- list(one = describe(primary, "marker"), clinical = describe(primary, clinical),
              many = describe(primary, many), clinical_tied = describe(tied, clinical),
              validation = describe(validation, clinical))

# calibration slope: the primary cohort's linear predictor as the only covariate in the validation cohort
lp <- as.vector(as.matrix(validation[, clinical]) %*% topic$clinical$coefficients)
slope <- coxph(Surv(time, event) ~ lp, data = validation, control = TIGHT)
topic$calibration_slope <- list(linear_predictor = lp, slope = unname(coef(slope)),
  standard_error = sqrt(slope$var[1, 1]), ci_low = confint(slope)[1], ci_high = confint(slope)[2])
record("cox", topic, "survival", c("primary", "validation"))
