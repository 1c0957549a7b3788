import { describe, expect, it } from 'vitest'
import { chooseProxy } from './choose-proxy.ts'

const choose = (url: string, env: Record<string, string>): string | undefined =>
  chooseProxy(new URL(url), env)?.href

describe('chooseProxy', () => {
  it.each([
    ['https://r.example', { https_proxy: 'http://p.example:3128' }, 'http://p.example:3128/'],
    ['https://r.example', { HTTPS_PROXY: 'p.example:3128' }, 'http://p.example:3128/'],
    ['https://r.example', { HTTPS_PROXY: 'http://a', https_proxy: 'http://b' }, 'http://b/'],
    ['https://r.example', { HTTP_PROXY: 'http://p.example' }, undefined],
    ['http://r.example', { HTTP_PROXY: 'http://p.example' }, 'http://p.example/'],
    ['http://r.example', { HTTP_PROXY: 'http://p.example', REQUEST_METHOD: 'GET' }, undefined],
    ['http://r.example', { http_proxy: 'https://u:p@p.example' }, 'https://u:p@p.example/'],
    ['https://127.0.0.1:5000', { https_proxy: 'http://p.example' }, undefined],
    ['https://localhost:5000', { https_proxy: 'http://p.example' }, undefined],
    ['http://169.254.169.254', { http_proxy: 'http://p.example' }, undefined],
    ['http://[fd00:ec2::254]', { http_proxy: 'http://p.example' }, undefined],
    ['https://r.example', { https_proxy: '' }, undefined],
  ])('for %s with %j is %s', (url, env, expected) => {
    expect(choose(url, env)).toBe(expected)
  })

  it.each([
    ['https://r.example', 'r.example', true],
    ['https://r.example', 'R.EXAMPLE', true],
    ['https://r.example', 'example', true],
    ['https://a.r.example', 'r.example', true],
    ['https://a.r.example', '.r.example', true],
    ['https://r.example', '.r.example', false],
    ['https://a.r.example', '*.r.example', true],
    ['https://r.example', '*.r.example', false],
    ['https://xr.example', 'r.example', false],
    ['https://r.example', '*', true],
    ['https://r.example', 'a, b ,r.example', true],
    ['https://r.example:5000', 'r.example:5000', true],
    ['https://r.example', 'r.example:5000', false],
    ['https://r.example', 'r.example:443', true],
    ['https://10.1.2.3', '10.0.0.0/8', true],
    ['https://11.1.2.3', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.1.2.3', true],
    ['https://10.1.2.3:5000', '10.1.2.3:5001', false],
    ['https://[fd00::1]', 'fd00::/8', true],
    ['https://[fd00::1]', 'fd00::1', true],
    ['https://[fd00::1]:5000', '[fd00::1]:5000', true],
    ['https://[fd00::1]', '[fd00::2]', false],
    ['https://10.1.2.3', '10.0.0.0/99', false],
    ['https://r.example', '10.0.0.0/8,,:,::,[', false],
  ])('is none for %s with no_proxy %s: %s', (url, list, exempt) => {
    const env = { https_proxy: 'http://p.example', no_proxy: list }
    expect(choose(url, env)).toBe(exempt ? undefined : 'http://p.example/')
  })

  it.each(['socks5://user:hunter2@p.example', 'http://user:hunter2@', 'http://user:hunter2@[p'])(
    'refuses %s without repeating it',
    (value) => {
      expect(() => choose('https://r.example', { HTTPS_PROXY: value })).toThrowError(
        expect.objectContaining({
          code: 'REGISTRY_UNREACHABLE',
          retryable: false,
          message: expect.not.stringContaining('hunter2'),
        }),
      )
    },
  )
})
