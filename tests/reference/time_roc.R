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

# The nearest-neighbour estimate: S(t | x) is the Kaplan-Meier estimate among the neighbours of x, the joint survival
# above c is the mean of S(t | x) over x > c. Neighbours, with reach = floor(n span + 1/2):
# - `shipped`, survivalROC.C's: the patients of `reach` places before to `reach` after the middle of those with x, in the
#   order of the marker and, where it is equal, of the table; the smallest marker's middle is counted from the end.
# - else: the patients whose mid-rank is within `reach` of that of x, so that equal markers are in or out together.
# Without ties they differ for the smallest marker only.
nearest_neighbour <- function(time, event, marker, months, span, shipped) {
  n <- length(time)
  reach <- floor(n * span + 0.5)
  ordered <- order(marker)
  time <- time[ordered]
  event <- event[ordered]
  marker <- marker[ordered]
  middle <- rank(marker)
  cutoffs <- unique(marker)
  given <- sapply(cutoffs, function(x) {
    if (shipped) {
      before <- if (x == cutoffs[1]) n else sum(marker < x)
      last <- sum(marker <= x)
      place <- floor((before + last) / 2 + 0.5)
      near <- max(1, min(place - reach, before)):max(min(place + reach, n), last)
    } else {
      near <- abs(middle - middle[match(x, marker)]) <= reach
    }
    summary(survfit(Surv(time[near], event[near]) ~ 1), times = months, extend = TRUE)$surv
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
      again <- rev(seq_len(nrow(d))) # the same patients in another order
      turned <- survivalROC.C(d$time[again], d$event[again], d[[marker]][again], predict.time = months, span = span)
      cat(name, marker, months, "AUC of survivalROC.C", nne$AUC, "with the rows turned round", turned$AUC,
          "with its neighbours mended", mended$AUC, "\n")
      topic[[name]][[marker]][[as.character(months)]] <- list(
        span = span, KM = shown(km), NNE = shown(nne), NNE_mended = shown(mended),
        youden_KM = km$cut.values[which.max(km$TP - km$FP)], youden_NNE = nne$cut.values[which.max(nne$TP - nne$FP)],
        ipcw_auc = ipcw_auc(d$time, d$event, d[[marker]], months))
    }
  }
}
record("time_roc", topic, c("survivalROC", "survival"), c("primary", "validation"))
