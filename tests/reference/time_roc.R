# survivalROC (Heagerty, Lumley, Pepe 2000) and a hand-written IPCW AUC (Uno et al. 2007).
# survivalROC is not in Debian; install its CRAN source into a private library and name that in R_LIBS.
source("record.R")
suppressMessages(library(survivalROC))

shown <- function(curve) {
  list(cutoffs = curve$cut.values[-1], true_positive = curve$TP[-1], false_positive = curve$FP[-1],
       auc = curve$AUC, survival = curve$Survival) # the first point is always cutoff -Inf at (1, 1)
}

# Cases: event by `months`, weighted by 1 / G(T-); controls: still at risk after it. Ties of the marker count half.
# In G, the censoring survival, an event at the same time as a censoring comes first.
ipcw_auc <- function(time, event, marker, months) {
  times <- sort(unique(time[event == 0]))
  factor_at <- sapply(times, function(t) {
    at_risk <- sum(time >= t) - sum(time == t & event == 1)
    1 - sum(time == t & event == 0) / at_risk
  })
  g <- function(t) prod(factor_at[times < t])
  cases <- which(event == 1 & time <= months)
  controls <- which(time > months)
  weight <- 1 / sapply(time[cases], g)
  wins <- sapply(cases, function(i) mean((marker[i] > marker[controls]) + 0.5 * (marker[i] == marker[controls])))
  sum(weight * wins) / sum(weight)
}

# The nearest-neighbour estimate from its definition: S(t | x) is the Kaplan-Meier estimate among the patients whose rank
# lies within floor(n span + 1/2) of the place of x; the joint survival above c is the mean of S(t | x) over x > c.
# survivalROC.C counts the place of the smallest marker value from the middle of the sample, not from its beginning
# (`shipped`): that patient's S(t | x) then comes from the wrong neighbours. Both are recorded.
nearest_neighbour <- function(time, event, marker, months, span, shipped) {
  n <- length(time)
  reach <- floor(n * span + 0.5)
  ordered <- order(marker)
  time <- time[ordered]
  event <- event[ordered]
  marker <- marker[ordered]
  cutoffs <- unique(marker)
  given <- sapply(cutoffs, function(x) {
    before <- sum(marker < x) # patients with a smaller marker
    last <- sum(marker <= x)
    if (before == 0 && shipped) before <- n
    place <- floor((before + last) / 2 + 0.5)
    from <- max(1, min(place - reach, before))
    to <- max(min(place + reach, n), last)
    summary(survfit(Surv(time, event) ~ 1, subset = from:to), times = months, extend = TRUE)$surv
  })
  each <- given[match(marker, cutoffs)]
  above <- sapply(cutoffs, function(cut) sum(each[marker > cut])) / n
  share <- sapply(cutoffs, function(cut) mean(marker > cut))
  true_positive <- (share - above) / (1 - mean(each))
  false_positive <- above / mean(each)
  x <- c(1, false_positive)
  y <- c(1, true_positive)
  list(cut.values = c(-Inf, cutoffs), TP = y, FP = x, Survival = mean(each),
       AUC = sum(-diff(x) * (y[-1] + y[-length(y)]) / 2))
}

topic <- list()
for (name in c("primary", "validation")) {
  d <- read_input(name)
  for (marker in c("marker", "marker_coarse", "tnm")) {
    for (months in c(36, 60)) {
      span <- 0.25 * nrow(d)^-0.20
      km <- survivalROC(d$time, d$event, d[[marker]], predict.time = months, method = "KM")
      nne <- survivalROC.C(d$time, d$event, d[[marker]], predict.time = months, span = span)
      same <- nearest_neighbour(d$time, d$event, d[[marker]], months, span, shipped = TRUE)
      mended <- nearest_neighbour(d$time, d$event, d[[marker]], months, span, shipped = FALSE)
      stopifnot(max(abs(same$TP - nne$TP)) < 1e-12, max(abs(same$FP - nne$FP)) < 1e-12,
                abs(same$AUC - nne$AUC) < 1e-12)
      cat(name, marker, months, "AUC as shipped", nne$AUC, "mended", mended$AUC, "\n")
      topic[[name]][[marker]][[as.character(months)]] <- list(
        span = span, KM = shown(km), NNE = shown(nne), NNE_mended = shown(mended),
        youden_KM = km$cut.values[which.max(km$TP - km$FP)], youden_NNE = nne$cut.values[which.max(nne$TP - nne$FP)],
        ipcw_auc = ipcw_auc(d$time, d$event, d[[marker]], months))
    }
  }
}
record("time_roc", topic, c("survivalROC", "survival"), c("primary", "validation"))
