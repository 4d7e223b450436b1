DROP FUNCTION greet(text);
