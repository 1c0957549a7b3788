/** The settings that are not left to their defaults, or `undefined` when all are. */
export function chosenSettings(
  settings: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> | undefined {
  const chosen = Object.entries(settings).filter(([, value]) => value !== undefined && value !== false)
  return chosen.length === 0 ? undefined : Object.fromEntries(chosen)
}
