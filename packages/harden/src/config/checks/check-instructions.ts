import type { CheckContext, CheckFinding } from '../check-context.ts'

/** Volumes over what the kernel mounts: their content would hide it. */
export function checkVolumes({ config }: CheckContext): readonly CheckFinding[] {
  const volumes = Object.keys(volumesOf(config.config?.Volumes))
  return volumes.filter(isSensitive).map((path) => ({
    subject: path,
    detail: 'a volume over a folder of the kernel',
    changes: [
      {
        change: 'config',
        edit: (edited) => ({
          ...edited,
          config: {
            ...edited.config,
            Volumes: Object.fromEntries(
              Object.entries(volumesOf(edited.config?.Volumes)).filter(([name]) => name !== path),
            ),
          },
        }),
      },
    ],
  }))
}

/** `Volumes` of a configuration, an object with the paths as keys. */
export function volumesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

const isSensitive = (path: string) => /^\/(?:dev|proc|sys)(?:\/|$)/.test(path)

/** Whether the image says how to tell that it works. */
export function checkHealth({
  config,
  image,
}: CheckContext): readonly CheckFinding[] | { readonly notApplicable: string } {
  const test = config.config?.Healthcheck?.Test ?? []
  if (test.length > 0 && test[0] !== 'NONE') return []
  if (!image.manifest.config.mediaType.startsWith('application/vnd.docker.'))
    return { notApplicable: 'OCI images have no health check; declare probes where the image runs' }
  return [{ subject: 'Healthcheck', detail: 'none, or switched off; it can’t be invented' }]
}

/** Whether signals reach the program: a shell as first process does not pass them on. */
export function checkSignals({ config }: CheckContext): readonly CheckFinding[] {
  const { Entrypoint, Cmd, StopSignal } = config.config ?? {}
  const findings: CheckFinding[] = []
  if (/^(?:SIG)?KILL$|^9$/i.test(StopSignal ?? ''))
    findings.push({
      subject: 'StopSignal',
      detail: `${StopSignal} ends the program without a chance to tidy up`,
    })
  const [program = '', flag = '', text = ''] = [...(Entrypoint ?? []), ...(Cmd ?? [])]
  const isShell = /(?:^|\/)(?:sh|bash|dash|ash)$/.test(program) && /^-[a-z]*c$/.test(flag)
  if (isShell && !/(?:^|[;&|\s])exec\s/.test(text)) {
    findings.push({
      subject: 'Entrypoint',
      detail: 'a shell is the first process and keeps signals to itself: begin the command with exec',
    })
  }
  return findings
}

/** What building did that can't be undone in an image. */
export function checkHistory({ config }: CheckContext): readonly CheckFinding[] {
  return (config.history ?? []).flatMap(({ created_by }, line) => {
    const text = created_by ?? ''
    const subject = `history line ${line + 1}`
    const findings: CheckFinding[] = []
    if (/^ADD https?:\/\/|#\(nop\) ADD https?:\/\//.test(text))
      findings.push({ subject, detail: 'ADD of an address: what it gave is not held by a digest' })
    if (/\b(?:apt-get|apt|aptitude)\s(?:-\S{1,40}\s){0,8}(?:dist-|full-)?upgrade\b/.test(text))
      findings.push({ subject, detail: 'all packages were upgraded while building: rebuild on a newer base' })
    return findings
  })
}
