/**
 * The level that a decision about an image verifies (SLSA VSA, `verifiedLevels`): `SALLYPORT_GATE_<TIER>`. With
 * `breakGlass`, that of an image which somebody let through: who asks for the level of a tier does not get it.
 */
export function decisionLevel(
  tier: string,
  { breakGlass = false }: { readonly breakGlass?: boolean | undefined } = {},
): string {
  return `SALLYPORT_${breakGlass ? 'BREAK_GLASS' : 'GATE'}_${tier.toUpperCase().replaceAll('-', '_')}`
}
