core.register_fetches("six_times_seven", function()
  return tostring(math.tointeger(6 * 7))
end)
