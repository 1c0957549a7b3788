import type { Digest } from '@sallyport/core'
import type { Statement } from './statement.ts'

/** Whether one of the statement's subjects is this digest. Names are free and prove nothing. */
export function isAbout({ subject: subjects }: Statement, subject: Digest): boolean {
  const [algorithm = '', hex] = subject.split(':')
  return subjects.some(({ digest }) => Object.hasOwn(digest, algorithm) && digest[algorithm] === hex)
}
