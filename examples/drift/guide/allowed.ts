import type { AllowedDrift } from '@sallyport/runtime'

/** What these containers run that no image has. */
export const allowed: readonly AllowedDrift[] = [
  {
    path: '/scripts',
    sha256: '3f4d5b0ad1d4b3a1b3d4f7a25e2a6b1b5a0de7b2f6a6f6f1c83f0a9b1a2d7c55',
    reason: 'start.sh of the ConfigMap app-scripts',
  },
  {
    memory: 'doublemapper',
    executable: '/usr/share/dotnet/dotnet',
    reason: '.NET maps its own code twice',
  },
]
