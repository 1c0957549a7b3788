import { checkInvariants, type CheckInvariantsOptions, type InvariantSubject } from '@sallyport/harden'

/** What is broken in an image that any tool made of another: a line for each sample. Reads both, and runs neither. */
export async function checkLaws(
  before: InvariantSubject,
  after: InvariantSubject,
  meant: CheckInvariantsOptions = {},
): Promise<readonly string[]> {
  const { laws, unchecked } = await checkInvariants(before, after, meant)
  return [
    ...laws.flatMap(({ id, samples }) => samples.map(({ what }) => `${id}: ${what}`)),
    ...unchecked.map((id) => `${id} was not checked`),
  ]
}
