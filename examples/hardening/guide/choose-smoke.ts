import { chrootSmoke, dockerSmoke, type SmokeTest } from '@sallyport/harden/smoke'

/** Asks a service, in a container without network; without an engine, in a chroot of this machine. */
export function chooseSmoke(engine: 'docker' | 'none', command?: readonly string[]): SmokeTest {
  return engine === 'docker'
    ? dockerSmoke({ command, timeoutMs: 30_000 })
    : chrootSmoke({ command, timeoutMs: 30_000 })
}
