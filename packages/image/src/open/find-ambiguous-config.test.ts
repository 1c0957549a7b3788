import { describe, expect, it } from 'vitest'
import type { ImageConfig } from '../config.schema.ts'
import { findAmbiguousConfig } from './find-ambiguous-config.ts'

const start = '{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}'
const find = (text: string) => findAmbiguousConfig(text, JSON.parse(text) as ImageConfig)

describe('findAmbiguousConfig', () => {
  it.each([
    ['the config twice', `${start},"config":{"Entrypoint":["/x"]},"config":{"User":"1"}}`],
    ['a user twice', `${start},"config":{"User":"0","User":"1"}}`],
    ['a user twice, once escaped', `${start},"config":{"\\u0055ser":"0","User":"1"}}`],
    ['a user in small letters', `${start},"config":{"User":"1","user":"0"}}`],
    ['a user with a long s', `${start},"config":{"U\u017fer":"0"}}`],
    ['a config in capitals', `${start},"config":{"User":"1"},"Config":{"User":"0"}}`],
    ['an entry point in small letters', `${start},"config":{"entrypoint":["/x"]}}`],
    ['a health check in small letters', `${start},"config":{"Healthcheck":{"test":["NONE"]}}}`],
    ['an architecture in capitals', `${start},"Architecture":"arm64"}`],
    ['diff ids in capitals', `${start.slice(0, -1)},"Diff_IDs":[]}}`],
    ['a history line in capitals', `${start},"history":[{"Empty_Layer":true}]}`],
  ])('finds %s', (_, text) => {
    expect(find(text)).toMatch(/twice|other letters/)
  })

  it.each([
    ['nothing special', `${start}}`],
    ['empty values', `${start},"config":null,"history":null}`],
    ['labels that differ in case', `${start},"config":{"Labels":{"user":"a","User":"b"}}}`],
    ['what Docker adds', `${start},"container_config":{"User":"x"},"docker_version":"20","id":"x"}`],
  ])('lets %s be', (_, text) => {
    expect(find(text)).toBeUndefined()
  })
})
