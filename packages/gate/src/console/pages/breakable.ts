import { type Html, markup } from '@sallyport/policy/report'

/** A reference that a narrow screen breaks behind its slashes, not within words. */
export const breakable = (reference: string): Html =>
  markup`${reference.split(/(?<=\/)/).map((part, index) => (index === 0 ? markup`${part}` : markup`<wbr />${part}`))}`
