# rms::calibrate(cmethod = "KM") on given resamples, and rms::groupkm.
# Two routes must agree before anything is written: calibrate() itself, whose sample() is replaced for the call so that
# it takes the given resamples one after another; and the loop below, written from the definition.
source("record.R")
TIGHT <- coxph.control(eps = 1e-11, toler.chol = 1e-13, iter.max = 100)
suppressMessages(library(rms))

d <- read_input("primary")
resamples <- as.matrix(read.csv("inputs/resamples_primary.csv", header = FALSE)) + 1
COLUMNS <- c("marker", "tnm", "age")
outcome <- Surv(d$time, d$event)
x <- as.matrix(d[, COLUMNS])

predicted <- function(fit, base, x) as.vector(base^exp(x %*% coef(fit)))
fit_on <- function(rows, months) {
  data <- data.frame(time = d$time[rows], event = d$event[rows], x[rows, ])
  fit <- coxph(Surv(time, event) ~ marker + tnm + age, data = data, ties = "efron",
               control = TIGHT)
  zero <- data.frame(marker = 0, tnm = 0, age = 0)
  list(fit = fit, base = summary(survfit(fit, newdata = zero), times = months, extend = TRUE)$surv)
}
error_of <- function(model, rows, cuts, months) {
  g <- groupkm(predicted(model$fit, model$base, x[rows, , drop = FALSE]), outcome[rows], u = months, cuts = cuts)
  g[, "KM"] - g[, "x"]
}
loop <- function(cuts, months) {
  original <- error_of(fit_on(seq_len(nrow(d)), months), seq_len(nrow(d)), cuts, months)
  training <- test <- used <- 0 * original
  for (b in seq_len(nrow(resamples))) {
    rows <- resamples[b, ]
    model <- fit_on(rows, months)
    a <- error_of(model, rows, cuts, months)
    e <- error_of(model, seq_len(nrow(d)), cuts, months)
    good <- !is.na(a + e) # a group with fewer than two patients drops out of this resample
    training[good] <- training[good] + a[good]
    test[good] <- test[good] + e[good]
    used <- used + good
  }
  list(index.orig = original, training = training / used, test = test / used, n = used,
       optimism = (training - test) / used)
}

# calibrate() draws its resamples with sample(); hand it ours, in order
calibrate_with <- function(fit, ...) {
  drawn <- 0
  original <- rms::predab.resample
  replaced <- original
  environment(replaced) <- new.env(parent = asNamespace("rms"))
  assign("sample", function(...) {
    drawn <<- drawn + 1
    resamples[drawn, ]
  }, envir = environment(replaced))
  loose <- tight <- rms::cph # inside calibrate() the fits stop at cph()'s default eps of 1e-4
  formals(tight)$eps <- 1e-11
  formals(tight)$tol <- 1e-13
  assignInNamespace("predab.resample", replaced, ns = "rms")
  assignInNamespace("cph", tight, ns = "rms")
  on.exit({
    assignInNamespace("predab.resample", original, ns = "rms")
    assignInNamespace("cph", loose, ns = "rms")
  })
  answer <- suppressWarnings(calibrate(fit, cmethod = "KM", B = nrow(resamples), ...))
  stopifnot(drawn == nrow(resamples))
  answer
}

topic <- list(columns = COLUMNS)
for (months in c(36, 60)) {
  fit <- cph(Surv(time, event) ~ marker + tnm + age, data = d, x = TRUE, y = TRUE, surv = TRUE, time.inc = months,
             eps = 1e-11, tol = 1e-13)
  whole <- fit_on(seq_len(nrow(d)), months)
  survival <- predicted(whole$fit, whole$base, x)
  for (n_groups in c(3, 5)) {
    cuts <- unname(c(0, quantile(survival, seq(0, 1, length = n_groups + 1))[2:n_groups], 1))
    byhand <- suppressWarnings(loop(cuts, months))
    calibrated <- calibrate_with(fit, u = months, cuts = cuts)
    columns <- c(index.orig = "index.orig", training = "training", test = "test", n = "n", optimism = "mean.optimism")
    gap <- max(sapply(names(columns), function(k) max(abs(byhand[[k]] - calibrated[, columns[[k]]]))))
    cat(months, n_groups, "largest difference between calibrate() and the loop:", gap, "\n")
    stopifnot(gap < 1e-8)
    original <- groupkm(survival, outcome, u = months, cuts = cuts)
    topic[[paste("bootstrap", months, n_groups, sep = "_")]] <- list(
      cuts = cuts, n = unname(original[, "n"]), predicted = unname(original[, "x"]),
      observed = unname(original[, "KM"]), training = unname(calibrated[, "training"]),
      test = unname(calibrated[, "test"]), optimism = unname(calibrated[, "mean.optimism"]),
      corrected = unname(calibrated[, "KM.corrected"]), n_bootstrap = unname(calibrated[, "n"]))
  }
}

# the frozen model on the validation cohort: groups between quantiles (R's default, type 7), KM in each
# (groupkm's own `g` cuts by another rule and puts single patients into a neighbouring group)
v <- read_input("validation")
for (months in c(36, 60)) {
  whole <- fit_on(seq_len(nrow(d)), months)
  survival <- predicted(whole$fit, whole$base, as.matrix(v[, COLUMNS]))
  for (n_groups in c(3, 4)) {
    cuts <- c(0, quantile(survival, seq(0, 1, length = n_groups + 1))[2:n_groups], 1)
    g <- groupkm(survival, Surv(v$time, v$event), u = months, cuts = cuts)
    topic[[paste("validation", months, n_groups, sep = "_")]] <- list(
      survival = survival, months = months, n = unname(g[, "n"]), predicted = unname(g[, "x"]),
      observed = unname(g[, "KM"]), std_err = unname(g[, "std.err"]),
      ci_low = unname(g[, "KM"] * exp(-qnorm(0.975) * g[, "std.err"])),
      ci_high = unname(pmin(1, g[, "KM"] * exp(qnorm(0.975) * g[, "std.err"]))))
  }
}
record("calibration", topic, c("rms", "survival"), c("primary", "validation", "resamples_primary"))
