import { type AttributePath, customAttribute, isSecret, printPath, resolvePath } from './attribute-path.ts';
import type { Attribute, ResourceType } from './attributes.ts';
import { type Token, tokens } from './filter-lexer.ts';
import { invalidFilter, type ScimError } from './scim-error.ts';

export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';
export type Literal = string | number | boolean | null;

/**
 * FILTER    = attrExp / logExp / valuePath / *1"not" "(" FILTER ")"
 * valuePath = attrPath "[" valFilter "]"
 * attrExp   = (attrPath SP "pr") / (attrPath SP compareOp SP compValue)
 * logExp    = FILTER SP ("and" / "or") SP FILTER                                      (RFC 7644, figure 1; `and` binds tighter than `or`)
 *
 * Inside a value path, paths are those of the element. Entra also sends `emails[type eq "work"].value eq "x"`: one element must satisfy both.
 */
export type Filter =
  | { op: 'and' | 'or'; terms: Filter[] }
  | { op: 'not'; term: Filter }
  | { op: 'has'; path: AttributePath; element: Filter }
  | { op: 'pr'; path: AttributePath }
  | { op: Comparison; path: AttributePath; value: Literal };

const comparisons = new Set<string>(['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']);
const ordering = new Set<string>(['gt', 'ge', 'lt', 'le']);
/** Operators on a value's text, whatever its type. */
export const inText: ReadonlySet<string> = new Set<Comparison>(['co', 'sw', 'ew']);
const deepest = 10;
const mostTerms = 50;

/** Throws 400 invalidFilter: malformed, too long, too deep, too many terms, or about an attribute that nobody has. */
export function parseFilter(text: string, type: ResourceType): Filter {
  const parser = filterParser(tokens(text));
  const filter = parser.filter((name) => {
    const resolved = resolvePath(type, name);
    return resolved.kind === 'attribute' && !isSecret(resolved.path) ? resolved.path : undefined;
  });
  parser.end();
  return filter;
}

/** The inside of a path's brackets, `type eq "work"`. Undefined: about a sub-attribute that nobody has. Throws 400 invalidFilter. */
export function parseElementFilter(text: string, attribute: Attribute): Filter | undefined {
  let known = true;
  const resolve = elementPath(attribute);
  const parser = filterParser(tokens(text));
  const filter = parser.filter((name) => {
    const path = resolve(name);
    if (!path) known = false;
    return path ?? { attribute: customAttribute(name) };
  });
  parser.end();
  return known ? filter : undefined;
}

type Resolve = (name: string) => AttributePath | undefined;

const elementPath =
  (attribute: Attribute): Resolve =>
  (name) => {
    const found = attribute.byName.get(name.toLowerCase());
    return found && !isSecret({ attribute: found }) ? { attribute: found } : undefined;
  };

function filterParser(input: readonly Token[]) {
  let at = 0;
  let terms = 0;

  const peek = (): Token | undefined => input[at];
  const isWord = (word: string): boolean => {
    const token = peek();
    return token?.kind === 'word' && token.text.toLowerCase() === word;
  };
  const fault = (wanted: string): ScimError =>
    invalidFilter(
      at < input.length ? `Expected ${wanted} at part ${at + 1} of the filter.` : `The filter ends where ${wanted} is expected.`,
    );
  const take = <K extends Token['kind']>(kind: K, wanted: string): Extract<Token, { kind: K }> => {
    const token = peek();
    if (token?.kind !== kind) throw fault(wanted);
    at++;
    return token as Extract<Token, { kind: K }>;
  };

  function logical(op: 'or' | 'and', operand: () => Filter): Filter {
    const found = [operand()];
    while (isWord(op)) {
      at++;
      found.push(operand());
    }
    return found.length === 1 ? (found[0] as Filter) : { op, terms: found };
  }

  function filter(resolve: Resolve, depth = 0): Filter {
    if (depth > deepest) throw invalidFilter(`The filter is nested deeper than ${deepest} levels.`);
    return logical('or', () => logical('and', () => factor(resolve, depth)));
  }

  function group(resolve: Resolve, depth: number): Filter {
    take('(', 'an opening parenthesis');
    const inside = filter(resolve, depth + 1);
    take(')', 'a closing parenthesis');
    return inside;
  }

  function factor(resolve: Resolve, depth: number): Filter {
    if (isWord('not') && input[at + 1]?.kind === '(') {
      at++;
      return { op: 'not', term: group(resolve, depth) };
    }
    return peek()?.kind === '(' ? group(resolve, depth) : expression(resolve, depth);
  }

  function expression(resolve: Resolve, depth: number): Filter {
    if (++terms > mostTerms) throw invalidFilter(`A filter has at most ${mostTerms} terms.`);
    const path = resolved(take('word', 'an attribute').text, resolve);
    if (peek()?.kind !== '[') return comparison(path);
    at++;
    if (!path.attribute.multiValued || path.sub) throw invalidFilter('Only a multi-valued attribute takes a filter in brackets.');
    const inElement = elementPath(path.attribute);
    const element = filter(inElement, depth + 1);
    take(']', 'a closing bracket');
    const next = peek();
    if (next?.kind !== 'word' || !next.text.startsWith('.')) return { op: 'has', path, element };
    at++;
    const own = comparison(resolved(next.text.slice(1), inElement));
    return { op: 'has', path, element: { op: 'and', terms: [element, own] } };
  }

  function comparison(path: AttributePath): Filter {
    const op = take('word', 'an operator').text.toLowerCase();
    if (op === 'pr') return { op: 'pr', path };
    if (!comparisons.has(op)) throw invalidFilter('Operators are eq, ne, co, sw, ew, gt, ge, lt, le and pr.');
    const value = literal(comparedAttribute(path));
    assertComparable(path, op as Comparison, value);
    return { op: op as Comparison, path, value };
  }

  function literal({ type }: Attribute): Literal {
    const token = peek();
    if (token?.kind === 'string') {
      at++;
      return token.text;
    }
    const { text } = take('word', 'a value');
    if (text.startsWith("'")) throw invalidFilter('Strings stand in double quotes.');
    if (text.toLowerCase() === 'null') return null;
    if (isNumber.test(text) && (type === 'integer' || type === 'decimal' || type === 'any')) return finite(text);
    if (isBoolean.test(text) && (type === 'boolean' || type === 'any')) return text.toLowerCase() === 'true';
    return text; // an Entra sample leaves the quotes out
  }

  const resolved = (name: string, resolve: Resolve): AttributePath => {
    const path = resolve(name);
    if (!path) throw invalidFilter('The filter names an attribute that this resource type does not have; /Schemas lists them.');
    return path;
  };

  return {
    filter: (resolve: Resolve) => filter(resolve),
    end(): void {
      if (at < input.length) throw fault('the end');
    },
  };
}

const isBoolean = /^(true|false)$/i;
const isNumber = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

function finite(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number)) throw invalidFilter('The filter has a number that is too large.');
  return number;
}

/** `emails eq "x"` is about `emails.value`. */
export const comparedAttribute = ({ attribute, sub }: AttributePath): Attribute => sub ?? attribute.byName.get('value') ?? attribute;

/** A comparison that can hold for nobody would, negated, hold for everybody. */
function assertComparable(path: AttributePath, op: Comparison, value: Literal): void {
  if (value === null) return;
  const { type } = comparedAttribute(path);
  const fault = (needs: string) => invalidFilter(`${printPath(path)} ${needs}.`);
  if (type === 'complex') throw fault('has sub-attributes; name one of them');
  if ((type === 'boolean' && op !== 'eq' && op !== 'ne') || (type === 'binary' && ordering.has(op)))
    throw fault('has no order and no parts');
  if (type === 'boolean' && !isBoolean.test(String(value))) throw fault('is true or false');
  if ((type === 'integer' || type === 'decimal') && typeof value !== 'number') throw fault('is a number');
  if (type === 'dateTime' && !inText.has(op) && Number.isNaN(Date.parse(String(value)))) throw fault('is a date and time');
}

/** The canonical text of a filter. */
export function printFilter(filter: Filter): string {
  switch (filter.op) {
    case 'and':
    case 'or':
      return filter.terms.map((term) => ('terms' in term ? `(${printFilter(term)})` : printFilter(term))).join(` ${filter.op} `);
    case 'not':
      return `not (${printFilter(filter.term)})`;
    case 'has':
      return `${printPath(filter.path)}[${printFilter(filter.element)}]`;
    case 'pr':
      return `${printPath(filter.path)} pr`;
    default:
      return `${printPath(filter.path)} ${filter.op} ${JSON.stringify(filter.value)}`;
  }
}

/** The equalities that must hold for the filter to hold, for a look-up in an index. What is found must still be judged by the filter. */
export function indexedEquality(filter: Filter): { attribute: string; value: string }[] {
  if (filter.op === 'and') return filter.terms.flatMap(indexedEquality);
  if (filter.op === 'has')
    return indexedEquality(filter.element).map(({ attribute, value }) => ({ attribute: `${printPath(filter.path)}.${attribute}`, value }));
  if (filter.op === 'eq' && (typeof filter.value === 'string' || typeof filter.value === 'number'))
    return [{ attribute: printPath(filter.path), value: String(filter.value) }];
  return [];
}

/** How many comparisons judge one resource, at most. */
export function termsOf(filter: Filter): number {
  if ('terms' in filter) return filter.terms.reduce((sum, term) => sum + termsOf(term), 0);
  if (filter.op === 'not') return termsOf(filter.term);
  return filter.op === 'has' ? termsOf(filter.element) : 1;
}

/** Whether the filter is about this top-level attribute, so that it must be read first. */
export function mentions(filter: Filter, attribute: string): boolean {
  if ('terms' in filter) return filter.terms.some((term) => mentions(term, attribute));
  if (filter.op === 'not') return mentions(filter.term, attribute);
  return filter.path.attribute.name === attribute;
}
