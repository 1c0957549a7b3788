import { EntryError } from '../read/entry-error.ts'
import { quote } from '../read/plain-text.ts'

/** Host of an account's registry in a region. */
export function ecrHost(account: string | null | undefined, region: string | null | undefined): string {
  if (!/^\d{12}$/.test(account ?? '') || !/^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/.test(region ?? ''))
    throw new EntryError(`not an account and a region: ${quote(account)} ${quote(region)}`)
  return `${account}.dkr.ecr.${region}.amazonaws.com${region?.startsWith('cn-') ? '.cn' : ''}`
}
