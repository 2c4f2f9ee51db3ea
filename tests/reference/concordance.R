# Harrell's C with its infinitesimal-jackknife variance, the difference of two, and Uno's C.
source("record.R")

harrell <- function(time, event, risk, ...) {
  fit <- concordance(Surv(time, event) ~ risk, reverse = TRUE, influence = 1, ...)
  counts <- as.list(fit$count)
  list(estimate = fit$concordance, standard_error = sqrt(fit$var), concordant = counts$concordant,
       discordant = counts$discordant, tied_risk = counts$tied.x, dfbeta = unname(fit$dfbeta))
}

topic <- list()
for (name in c("primary", "validation")) {
  d <- read_input(name)
  risks <- list(marker = d$marker, marker_coarse = d$marker_coarse, tnm = d$tnm, age = d$age)
  for (ties in c("", "_tied")) {
    time <- if (ties == "") d$time else half_years(d$time)
    all <- lapply(risks, function(risk) harrell(time, d$event, risk))
    differences <- lapply(list(c("marker", "tnm"), c("marker", "age"), c("tnm", "marker_coarse")), function(pair) {
      a <- all[[pair[1]]]
      b <- all[[pair[2]]]
      difference <- a$estimate - b$estimate
      # the same number by R's own route, a joint fit of two models (their linear predictors keep the markers' order)
      two <- concordance(coxph(Surv(time, d$event) ~ risks[[pair[1]]]), coxph(Surv(time, d$event) ~ risks[[pair[2]]]))
      error <- sqrt(sum((a$dfbeta - b$dfbeta)^2))
      contrast <- c(1, -1)
      stopifnot(abs(error - sqrt(drop(contrast %*% vcov(two) %*% contrast))) < 1e-12,
                abs(difference - drop(contrast %*% coef(two))) < 1e-12)
      list(a = pair[1], b = pair[2], difference = difference, standard_error = error,
           p_value = 2 * pnorm(-abs(difference / error)))
    })
    topic[[paste0(name, ties)]] <- list(
      harrell = lapply(all, function(value) value[names(value) != "dfbeta"]), differences = differences)
  }
  # Uno et al. 2011: pairs weighted by 1 / G(t-)^2, events up to and including tau
  topic[[name]]$uno <- lapply(c(36, 60, 75), function(tau) {
    list(tau = tau, estimate = lapply(risks, function(risk) {
      concordance(Surv(time, event) ~ risk, data = d, reverse = TRUE, timewt = "n/G2", ymax = tau)$concordance
    }))
  })
}
record("concordance", topic, "survival", c("primary", "validation"))
