interface Page {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const maxPerPage = 100;

/**
 * One page of a list with GitLab's headers (https://docs.gitlab.com/api/rest/#pagination): by offset with numbers and
 * links, or with `pagination=keyset` a link that continues after the last id.
 */
export function page<Item extends object>(items: readonly Item[], query: URLSearchParams, url: URL): Page {
  const perPage = Math.min(Number(query.get('per_page') ?? 20), maxPerPage);
  if (!Number.isInteger(perPage) || perPage < 1) return { status: 400, body: { error: 'per_page is invalid' } };
  return query.get('pagination') === 'keyset'
    ? byKey(items, query, url, perPage)
    : byOffset(items, query, url, perPage);
}

function byOffset<Item>(items: readonly Item[], query: URLSearchParams, url: URL, perPage: number): Page {
  const current = Math.max(1, Number(query.get('page') ?? 1));
  const pages = Math.max(1, Math.ceil(items.length / perPage));
  const links: Record<string, number> = { first: 1, last: pages };
  if (current > 1) links.prev = current - 1;
  if (current < pages) links.next = current + 1;
  return {
    status: 200,
    body: items.slice((current - 1) * perPage, current * perPage),
    headers: {
      'x-page': String(current),
      'x-per-page': String(perPage),
      'x-total': String(items.length),
      'x-total-pages': String(pages),
      'x-prev-page': String(links.prev ?? ''),
      'x-next-page': String(links.next ?? ''),
      link: Object.entries(links)
        .map(([rel, number]) => `<${withQuery(url, { page: number, per_page: perPage })}>; rel="${rel}"`)
        .join(', '),
    },
  };
}

function byKey<Item extends object>(items: readonly Item[], query: URLSearchParams, url: URL, perPage: number): Page {
  if (items.some((item) => !('id' in item))) {
    return { status: 405, body: { error: 'Keyset pagination is not yet available for this type of request' } };
  }
  const after = Number(query.get('id_after') ?? 0);
  const rest = items.filter((item) => Number((item as { id?: number }).id) > after);
  const body = rest.slice(0, perPage);
  const last = body.at(-1) as { id?: number } | undefined;
  if (rest.length <= perPage || last === undefined) return { status: 200, body };
  return { status: 200, body, headers: { link: `<${withQuery(url, { id_after: last.id ?? 0 })}>; rel="next"` } };
}

function withQuery(url: URL, values: Readonly<Record<string, number>>): string {
  const next = new URL(url);
  for (const [name, value] of Object.entries(values)) next.searchParams.set(name, String(value));
  return next.href;
}
