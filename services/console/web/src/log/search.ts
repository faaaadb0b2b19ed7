/** What the log is asked for, as the REST API takes it. */
export interface LogSearch {
  user?: string;
  type?: string;
  refused?: boolean;
}

/**
 * `user:ann@hill.example op:group.members status:refused`, as in GitHub's audit log. A word without a qualifier is a user. Names what it does
 * not know.
 */
export function parseSearch(text: string): { search: LogSearch; unknown: string[] } {
  const search: LogSearch = {};
  const unknown: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [, qualifier = 'user', value = ''] = /^(?:(\w+):)?(.*)$/.exec(word) ?? [];
    if (qualifier === 'user' && value) search.user = value;
    else if (qualifier === 'op' && value) search.type = value;
    else if (qualifier === 'status' && value === 'refused') search.refused = true;
    else unknown.push(word);
  }
  return { search, unknown };
}
