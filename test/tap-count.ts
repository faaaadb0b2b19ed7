export interface Count {
  passed: number;
  failed: number;
}

/**
 * Counts the named tests in tap's raw output: files stand at the left, their tests one step (4 spaces) in, assertions deeper. A skipped
 * test is neither. A file that failed without a test that did (it crashed, or timed out) counts as one failure.
 */
export function countTap(output: string): Count {
  const count = { passed: 0, failed: 0 };
  let failedInFile = 0;
  for (const [, indent, not, rest] of output.matchAll(/^( {4}|)(not |)ok \d+(.*)$/gm)) {
    if (indent === '') {
      if (not && failedInFile === 0) count.failed++;
      failedInFile = 0;
    } else if (not) {
      count.failed++;
      failedInFile++;
    } else if (!/# (SKIP|TODO)/.test(rest!)) {
      count.passed++;
    }
  }
  return count;
}
