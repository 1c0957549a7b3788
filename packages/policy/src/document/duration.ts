const units = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Reads `90m`, `48h`, `7d` or `2w` as milliseconds; `undefined` when the text has another form. */
export function parseDuration(text: string): number | undefined {
  const match = /^([0-9]{1,6})([mhdw])$/.exec(text)
  return match ? Number(match[1]) * units[match[2] as keyof typeof units] : undefined
}

/** Writes milliseconds as people write a duration, in the largest unit that divides them; of less than a minute, `0m`. */
export function formatDuration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / units.m)
  if (minutes > 0 && minutes % 1_440 === 0) return `${minutes / 1_440}d`
  return minutes > 0 && minutes % 60 === 0 ? `${minutes / 60}h` : `${minutes}m`
}
