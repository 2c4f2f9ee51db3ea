# Gaussian support vector machines of e1071, scaled by the first 60 patients and applied to the next 60.
suppressMessages(library(e1071))
source("record.R")

d <- read_input("primary")
columns <- sprintf("f%02d", 1:15)
training <- d[1:60, ]
tested <- d[61:120, ]
machines <- lapply(list(c(1, 1 / 15), c(0.125, 0.5), c(32, 0.01)), function(k) {
  machine <- svm(training[columns], factor(training$event, levels = c(1, 0)), scale = TRUE, kernel = "radial", cost = k[1],
    gamma = k[2], tolerance = 1e-10)
  values <- function(part) as.vector(attr(predict(machine, part[columns], decision.values = TRUE), "decision.values"))
  # e1071 counts for the class that comes first in the data; the recurrence shall be positive
  sign <- if (training$event[1] == 1) 1 else -1
  list(c = k[1], gamma = k[2], n_support = machine$tot.nSV, training = sign * values(training), tested = sign * values(tested))
})
record("svm", list(machines = machines), "e1071", "primary")
