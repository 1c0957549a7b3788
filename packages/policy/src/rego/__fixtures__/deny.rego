package sallyport

deny contains sprintf("%s is not welcome", [pkg.purl]) if {
	some pkg in input.packages
	pkg.name == "left-pad"
}

deny contains {"msg": "runs as root"} if input.image.user == "0"

allow if count(deny) == 0

allow := false if count(deny) > 0

undefined_unless_dev if input.tier == "dev"

grows := [x | some a in numbers.range(1, 3000); some b in numbers.range(1, 3000); x := sprintf("%d-%d", [a, b])]
