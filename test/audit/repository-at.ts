/** Path of the repository at a position. */
export const repositoryAt = (position: number): string =>
  `team-${Math.floor(position / 50)}/app-${String(position).padStart(5, '0')}`
