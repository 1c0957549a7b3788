export async function checkDocuments(): Promise<void> {}
