// Package worktime counts working time: hours of the week in a time zone, with breaks, public holidays and days that differ. What is counted is time that really passes: where
// clocks are put forward the hour that does not exist is not worked, where they are put back the hour that comes twice is worked twice.
//
//	worktime.go  a calendar, compiled: Add, Between, Open, NextOpen, NextClose, Each
//	compile.go   from hours and dates as people write them
//	holidays.go  public holidays, from holidays/*.tsv
package worktime
