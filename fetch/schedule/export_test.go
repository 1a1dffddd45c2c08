package schedule

// Asked reads the words of a busy upstream.
var Asked = asked
