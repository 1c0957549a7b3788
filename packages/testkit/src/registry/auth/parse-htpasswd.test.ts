import { createHash } from 'node:crypto'
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { parseHtpasswd } from './parse-htpasswd.ts'

const bcrypt = hashSync('secret', 4)
const sha1 = `{SHA}${createHash('sha1').update('secret').digest('base64')}`

describe('parseHtpasswd', () => {
  it.each([
    ['bcrypt as bcryptjs writes it', bcrypt],
    ['bcrypt as Apache writes it', bcrypt.replace(/^\$2b/, '$2y')],
    ['SHA-1', sha1],
  ])('knows the password of an entry with %s', async (_, hash) => {
    const check = parseHtpasswd(`# users\n\nanna:${hash}\r\n`).get('anna')!
    expect([await check('secret'), await check('Secret'), await check('')]).toEqual([true, false, false])
  })

  it.each([
    ['a plain password', 'anna:secret'],
    ['an MD5 entry', 'anna:$apr1$abcdefgh$abcdefghijklmnopqrstuv'],
    ['no name', `:${sha1}`],
    ['no hash', 'anna'],
    ['a cut bcrypt hash', `anna:${bcrypt.slice(0, -1)}`],
  ])('refuses %s and does not show it', (_, line) => {
    expect(() => parseHtpasswd(`# users\n${line}`)).toThrow(
      'line 2 of the htpasswd file is no entry with bcrypt or SHA-1',
    )
  })
})
