import { describe, expect, it } from 'vitest'
import { describeStderr } from './describe-stderr.ts'

describe('describeStderr', () => {
  it.each([
    ['https://user:pa55@host/x', 'https://***@host/x'],
    ['https://token@host', 'https://***@host'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: ***'],
    ['header "authorization": "Bearer abc.def", next', 'header "authorization": "***", next'],
    ['sent bearer abcdefgh.ijkl', 'sent bearer ***'],
    ['GITHUB_TOKEN=ghp_1234 rest', 'GITHUB_TOKEN=*** rest'],
    ['?access_token=abc&page=2', '?access_token=***&page=2'],
    ['db-password: "hunter2"', 'db-password: "***"'],
    ['the key K3Y-VALUE was refused', 'the key *** was refused'],
    ['\u001B[31mred\u001B[0m\u0007', 'red'],
    ['nothing to hide', 'nothing to hide'],
  ])('%j becomes %j', (text, expected) => {
    expect(describeStderr(text, ['K3Y-VALUE', 'a'])).toBe(expected)
  })

  it('keeps the last lines, and not too much of them', () => {
    const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')
    expect(describeStderr(lines).split('\n')).toHaveLength(12)
    expect(describeStderr('x'.repeat(10_000))).toHaveLength(1501)
  })

  it('takes little time on hostile text', () => {
    const start = process.cpuUsage()
    describeStderr('-a'.repeat(32_768))
    describeStderr('a://'.repeat(16_384))
    describeStderr('token'.repeat(13_000))
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000)
  })
})
