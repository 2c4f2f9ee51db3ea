# DeepCC's functional spectrum, computed by DeepCC itself: github.com/CityUHK-CompBio/DeepCC (GPL-3; not part of this
# project, only run). Needs r-cran-rcpp. From tests/reference: Rscript functional_spectrum.R path/to/DeepCC
# The input is drawn here once; 60 genes in 14 patients, two genes in two columns, some values not measured.
source("record.R")
deepcc <- commandArgs(trailingOnly = TRUE)[1]
Rcpp::sourceCpp(file.path(deepcc, "src", "calcEnrichmentScore.cpp"))
source(file.path(deepcc, "R", "FunctionalSpectra.R"))

set.seed(20190801)
genes <- sprintf("G%02d", 1:60)
columns <- c(genes, "G03", "G41")
patients <- sprintf("P%02d", 1:14)
factor_a <- rnorm(14); factor_b <- rnorm(14)
values <- matrix(rnorm(14 * 62, 6, 1), 14, 62, dimnames = list(patients, columns))
values[, 1:12] <- values[, 1:12] + factor_a
values[, 20:34] <- values[, 20:34] + 2 * factor_b
values <- round(values, 4)
values[cbind(sample(14, 20, TRUE), sample(62, 20, TRUE))] <- NA
write.csv(values, file.path("inputs", "expression.csv"), quote = FALSE, na = "")
sets <- list(FACTOR_A = genes[1:12], FACTOR_B = c(genes[20:34], "ELSEWHERE1"), BOTH = genes[c(8:12, 30:34)],
             ONE_GENE = genes[50], SCATTERED = genes[seq(5, 60, 7)], NOT_MEASURED = c("ELSEWHERE1", "ELSEWHERE2"),
             NEARLY_ALL = genes[1:59], ALL = genes)
writeLines(sapply(names(sets), function(k) paste(c(k, "", sets[[k]]), collapse = "\t")),
           file.path("inputs", "expression_sets.gmt"))

eps <- as.matrix(read.csv(file.path("inputs", "expression.csv"), row.names = 1, check.names = FALSE))
centred <- scale(eps, scale = FALSE)  # as getFunctionalSpectra does before it walks through the patients
lists <- lapply(seq_len(nrow(centred)), function(k) preprocessGeneList(centred[k, ]))
spectrum <- t(sapply(lists, function(ranked) sapply(sets, function(set) calcEnrichmentScore(ranked, set))))
with_exponent <- function(exponent) {
  t(sapply(lists, function(ranked) sapply(sets, function(set)
    calcEnrichmentScoreCPP(names(ranked) %in% set, ranked, exponent))))
}
record("functional_spectrum", list(patients = patients, sets = names(sets), spectrum = spectrum,
  exponent_0 = with_exponent(0), exponent_2 = with_exponent(2),
  deepcc_commit = system(paste("git -C", shQuote(deepcc), "rev-parse HEAD"), intern = TRUE)),
  "Rcpp", "expression")
