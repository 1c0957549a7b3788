/** Whether `text` matches `pattern`, in which `*` stands for any run of characters. Quadratic at worst. */
export function matchGlob(pattern: string, text: string): boolean {
  let star = -1
  let resumeAt = 0
  let p = 0
  let t = 0
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++
      resumeAt = t
    } else if (pattern[p] === text[t]) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resumeAt
    } else {
      return false
    }
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}
