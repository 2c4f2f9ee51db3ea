# What every recipe shares: reading an input, and writing an answer with the versions that made it.
suppressMessages({
  library(survival)
  library(jsonlite)
})

read_input <- function(name) read.csv(file.path("inputs", paste0(name, ".csv")), stringsAsFactors = FALSE)

# Times rounded up to half years: many events at the same time.
half_years <- function(time) ceiling(time / 6) * 6

# `value` becomes expected/<topic>.json at 15 significant digits, with R, the packages and the inputs' MD5 sums.
record <- function(topic, value, packages, inputs) {
  files <- file.path("inputs", paste0(inputs, ".csv"))
  made_with <- list(
    R = paste(R.version$major, R.version$minor, sep = "."),
    packages = sapply(packages, function(p) as.character(packageVersion(p)), simplify = FALSE),
    inputs_md5 = as.list(setNames(as.vector(tools::md5sum(files)), basename(files)))
  )
  path <- file.path("expected", paste0(topic, ".json"))
  text <- toJSON(c(list(made_with = made_with), value), auto_unbox = TRUE, digits = NA, na = "null", null = "null")
  writeLines(text, path)
  cat(path, file.size(path), "bytes\n")
}
