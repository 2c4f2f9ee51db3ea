# glmnet's Cox path and its cross-validation with given folds.
source("record.R")
suppressMessages(library(glmnet))

THRESHOLD <- 1e-19 # squared change of a coefficient over the null deviance; the default of 1e-7 stops far too early
ITERATIONS <- 1e8

# NULL leaves glmnet's own: 1e-4 with more patients than features, else 0.01. The wide table needs a larger one: with 35
# events and 85 features the small end of the path separates the patients and never converges to THRESHOLD.
SMALLEST <- list(primary = NULL, wide = 0.05)

path_of <- function(x, y, standardize, smallest) {
  fit <- do.call(glmnet, c(list(x, y, family = "cox", standardize = standardize, thresh = THRESHOLD,
                                maxit = ITERATIONS), list(lambda.min.ratio = smallest)[!is.null(smallest)]))
  list(lambda = fit$lambda, beta = unname(as.matrix(t(fit$beta))), deviance_ratio = fit$dev.ratio,
       null_deviance = fit$nulldev)
}

cross_validation_of <- function(x, y, fold, standardize, smallest) {
  cv <- do.call(cv.glmnet, c(list(x, y, family = "cox", foldid = fold, type.measure = "deviance", grouped = TRUE,
                                  standardize = standardize, thresh = THRESHOLD, maxit = ITERATIONS),
                             list(lambda.min.ratio = smallest)[!is.null(smallest)]))
  list(lambda = cv$lambda, cvm = cv$cvm, cvsd = cv$cvsd, nzero = unname(cv$nzero),
       lambda_min = cv$lambda.min, lambda_1se = cv$lambda.1se)
}

topic <- list()
for (name in c("primary", "wide")) {
  table <- read_input(name)
  columns <- grep("^[fx][0-9]", names(table), value = TRUE)
  if (name == "primary") columns <- c(columns, "tnm", "age", "sex")
  x <- as.matrix(table[, columns])
  fold <- read_input(paste0("folds_", name))$fold + 1
  for (standardize in c(TRUE, FALSE)) {
    key <- paste(name, if (standardize) "standardized" else "as_given", sep = "_")
    y <- Surv(table$time, table$event)
    topic[[key]] <- list(columns = columns, min_ratio = SMALLEST[[name]],
                         path = path_of(x, y, standardize, SMALLEST[[name]]),
                         cv = cross_validation_of(x, y, fold, standardize, SMALLEST[[name]]))
  }
}
# many tied events: the Breslow likelihood differs most from others here
table <- read_input("primary")
x <- as.matrix(table[, topic$primary_standardized$columns])
y <- Surv(half_years(table$time), table$event)
topic$primary_tied <- list(columns = colnames(x), path = path_of(x, y, TRUE, NULL),
                           cv = cross_validation_of(x, y, read_input("folds_primary")$fold + 1, TRUE, NULL))
record("lasso_cox", topic, c("glmnet", "survival"), c("primary", "wide", "folds_primary", "folds_wide"))
