// Package trial measures how well a judge of mail does on labelled messages.
//
// [Run] goes through an index in its order, judges every message before it
// learns its label, if it does, and measures the outcome. It trains only the
// judge it is given, or a model of its own that it throws away.
//
// # Why
//
// The protocol is that of the TREC spam track (Cormack and Lynam, 2005): in
// order, with immediate feedback or none, because shuffled cross-validation
// flatters filters that will meet tomorrow's mail with yesterday's lessons. So
// are the logistic average and the ranking error 1-AUC; half a message is added
// to each side of a proportion before its logarithm is taken. The judge comes
// from outside so that rules, seeds and ablations are measured by one ruler.
package trial
