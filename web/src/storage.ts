// Storage throws where the browser forbids it (private modes, blocked cookies, a full quota);
// the page then works without remembering.

export function readStored(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function writeStored(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}

/** A stored JSON array; empty if there is none, or something else. */
export function readStoredArray(key: string): readonly unknown[] {
  try {
    const stored: unknown = JSON.parse(readStored(key) ?? '[]');
    return Array.isArray(stored) ? stored : [];
  } catch {
    return [];
  }
}
