import { startRegistry } from '@sallyport/testkit'

declare const clock: { now(): number }

await startRegistry({
  auth: {
    scheme: 'token', // or 'basic'
    users: [
      { username: 'ci', password: 'secret' },
      { username: 'dev', password: 'secret', grants: [{ repository: 'team/*', actions: ['pull'] }] },
    ],
    htpasswd: '/path/to/htpasswd', // bcrypt or SHA-1
    anonymousPull: true,
    tokenLifetimeSeconds: 60,
  },
  now: () => clock.now(), // lets tokens expire without waiting
})
