// Package bayes judges letters by what their owner taught about earlier ones.
//
// A letter becomes a Bag of hashed features ([Features]): words and pairs of
// words of text and subject, addresses, hosts, links, parts, defects. A [Model]
// keeps for every feature how many ham and spam letters had it, and a weight.
// [Model.Score] joins two estimates from the one table:
//
//   - the counts: Robinson's probability of each feature, joined by Fisher's
//     method within each of eight groups (text, pairs of words, links, subject,
//     people, route, format, other fields), the groups then heard one by one;
//   - the weights: an online logistic regression, which learns only from letters
//     that it gets wrong or is not sure of (thick threshold).
//
// What is promised: the package does no I/O and reads no clock. Scores lie in
// [0,1]; a model that was taught nothing, or only one of the classes, scores
// exactly 0.5, and one taught little stays near. Learning gives a [Lesson],
// which is the change itself, in integers: lessons applied in any order give
// the same model, and a lesson and its inverse cancel to the bit. A household's
// model may lie under a user's ([Model.Over]). One letter costs at most the
// bounds named in token.go; after 6,000 letters a model takes some 16 MiB of
// memory and 4 MiB on disk.
//
// # Why
//
// Robinson and Fisher are what bogofilter and SpamAssassin's Bayes stand on:
// G. Robinson, "A Statistical Approach to the Spam Problem" (Linux Journal 107,
// 2003). They are cautious but rank worse than regression, which is bold when
// the stream drifts. Goodman and Yih, "Online Discriminative Spam Filter
// Training" (CEAS 2006) give the regression; thick thresholds are from
// Siefkes et al., "Combining Winnow and Orthogonal Sparse Bigrams" (PKDD 2004).
// Within a group the evidence of the counts runs to thousands of log-odds for
// a long letter, because its features repeat each other, so each group enters
// through an inverse hyperbolic sine: linear near nothing, a logarithm far out.
// No group can outshout the others: an HTML letter with a ham's words stays
// near ham. Likewise each group has its own length in the regression's input.
//
// Both estimates grow with the number of letters of the rarer class, so that a
// model of a few lessons says "unsure"; the counts are sound sooner, so they
// speak louder until the weights have been taught. The log-odds are scaled so
// that the cut-off 0.9 lets almost no ham through as spam on every development
// stream, in order, in halves, and after 50 and 50 letters at any place.
//
// A letter meets more words of the class whose letters happened to be longer.
// The odds of a group's features are corrected for how many only spam and how
// many only ham had: with it the safe cut-off is nearly the same after any 50
// and 50 letters.
//
// A weight takes the same step for all features of a letter. Steps that shrink
// with a feature's count (as in a Gaussian posterior) ranked worse in order
// (1-AUC 0.12 against 0.06 % of the regression alone) and would make a lesson twice as long.
//
// The regression alone forgets: taught all the spam first and all the ham after
// it, as people do who train from folders, it calls no spam spam. So a [Teacher]
// shows it beside each lesson one letter of the other class again (Robins,
// "Catastrophic forgetting, rehearsal and pseudorehearsal", Connection Science 7,
// 1995). Two or more letters, or the worst judged of several, measured no better.
//
// What each part is worth, on the SpamAssassin development stream (fp, missed,
// 1-AUC, spam missed at 0.1 % fp, all in %): "restante evaluate --index FILE" in
// order; with "--feedback none --train-first 3023" the first half taught; with
// "--feedback none --balanced 50" few taught. A part is taken out by its constant
// or its line; where the scale of the scores suffers, the ranking tells.
//
//	                          in order                 first half taught        50 and 50 taught
//	all                       0    10.4 0.021  4.8     0.05 28.0 0.53 20.0      0 95.4  5.7 63.7
//	no pairs of words         0    15.3 0.026  5.2     0.05 38.4 0.88 25.3      0 96.8  8.1 69.1
//	no header                 0.05 23.3 0.082 19.0     0    34.6 0.22 20.1      0 99.2 16.5 83.6
//	no regression             0    78.8 0.038  6.8     0    94.1 0.77 25.7      0 98.6  5.2 55.7
//	no counts                 0    51.5 0.068  7.4     0    78.5 0.94 29.9      0 100  24.6 90.2
//	all in one group          0    29.6 0.047 10.7     0    45.4 0.61 18.1      0 100  11.2 65.9
//	vocabularies uncorrected  0    14.3 0.026  5.1     0    33.1 0.78 14.7      0 96.3  6.7 68.6
//	format at full voice      0.02  9.9 0.021  4.9     0.05 27.6 0.50 20.9      0 95.7  7.4 79.5
//	only errors teach         0    18.8 0.020  4.1     0    47.8 1.13 21.1      0 96.4  5.4 60.5
//	every letter teaches      0.07  8.4 0.031  6.8     0.10 24.0 0.72 22.7      0 95.0  6.0 66.5
//	no rehearsal              0    10.8 0.020  4.9     0.05 30.2 0.56 20.6      0 95.3  5.7 62.9
//	  spam, then ham taught   0    50.5 0.49 17.2, without rehearsal 0 100 1.51 32.1
//	  ham, then spam taught   0.38 20.9 1.22 32.1
//
// Measured and left out: moving the cut-off by the scores that an owner's ham
// had when it was taught. Neither their mean, their spread nor their highest
// foretold what the next ham would score: one log-odds bolder where that history
// is clean called more than twice as much ham spam after 300 and 300 letters of this stream
// (0.08 to 0.21 %), and saved few of those that are clean. Scores of separate
// streams are on one scale instead, by the groups and the vocabularies.
//
// Nothing decays by itself: a sum that was halved could not be taken back to the
// bit. To forget the oldest lessons is to apply their inverses.
//
// Tags, their attributes, and which header fields there are in what order, are
// no features. They describe the sender's program, and made the model believe
// that all HTML is what the first HTML letters were: after 50 + 50 letters 1-AUC
// was 40 % with tags, 13 % without, in order the same (before there were groups).
//
// Robinson's s is as small as 0.01, so that a feature met once in one class
// says so nearly in full: ranking got better on every stream and protocol at
// every step from 0.3 down. The caution that s was meant for is in the effective
// size and in the trust that grows with the letters taught.
//
// Hashes have 29 bits beside the group's three. Of a million known features, an
// unknown one meets a false friend once in five hundred; the table entry fits
// 16 octets and a lesson 4 octets a feature.
package bayes
