package worktime

// Holidays gives the public holidays of a country, in order, to those who hold them to their source.
func Holidays(country string) []Holiday { return holidays()[country] }
