const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Reads `90m`, `48h` or `7d` as milliseconds; `undefined` when the text has another form. */
export function parseDuration(text: string): number | undefined {
  const match = /^([0-9]{1,6})([mhd])$/.exec(text)
  return match ? Number(match[1]) * units[match[2] as keyof typeof units] : undefined
}
