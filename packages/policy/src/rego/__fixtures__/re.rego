package sallyport
deny contains "x" if regex.split("(a+)+$", input.image.user)[0] == ""
