import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { sampleImage } from '../../examples/gate/write-samples.ts'
import { caseFiles } from './cases.ts'
import { prepare } from './prepare.ts'
import { runCommand } from './run-command.ts'

describe('between real registries', () => {
  it('an image is promoted from one, verified, copied back, and audited', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-real-'))
    await using resources = new AsyncDisposableStack()
    resources.defer(() => rm(folder, { recursive: true }))
    const at = resources.use(await prepare(folder))
    const build = resources.use(await startOlareg({ directory: join(folder, 'olareg') }))
    const production = resources.use(
      await startDockerRegistry({
        directory: join(folder, 'docker'),
        htpasswd: { username: 'gate', password: 'of the gate' },
      }),
    )
    const files = caseFiles(at)
    const { writeFile } = await import('node:fs/promises')
    for (const name of ['terms.yaml', 'plain.yaml']) await writeFile(join(folder, name), files[name]!)
    await pushImage(
      at.client.repository({ registry: build.host, repository: 'team/app' }),
      sampleImage(),
      '1',
    )
    const [from, to] = [`${build.host}/team/app:1`, `${production.host}/team/app:1`]
    const login = ['--login', `${production.host}=gate`, '--password', 'env://PASSWORD']
    const run = (...words: readonly string[]) =>
      runCommand(folder, words, { environment: { PASSWORD: 'of the gate' } })

    const anonymous = await run('promote', from, to)
    expect(anonymous).toMatchObject({ code: 2, stderr: expect.stringMatching(/--login and --password/) })
    const promoted = await run('promote', from, to, ...login)
    expect(promoted, promoted.stderr).toMatchObject({ code: 0 })
    const verified = await run('verify', to, '--public-key', 'release.pub', ...login)
    expect(verified, verified.stderr).toMatchObject({ code: 0 })
    const copied = await run('copy', to, `${build.host}/mirror/app:1`, ...login)
    expect(copied, copied.stderr).toMatchObject({ code: 0 })
    const mirrored = await run('verify', `${build.host}/mirror/app:1`, '--public-key', 'release.pub')
    expect(mirrored, mirrored.stderr).toMatchObject({ code: 0 })
    const audited = await run(
      'audit',
      production.host,
      '--config',
      'plain.yaml',
      '--terms',
      'terms.yaml',
      ...login,
    )
    expect(audited, audited.stdout + audited.stderr).toMatchObject({ code: 0 })
    for (const { stdout, stderr } of [anonymous, promoted, verified, copied, mirrored, audited])
      expect(stdout + stderr).not.toContain('of the gate')
  })
})
