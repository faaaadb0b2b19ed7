import { Button, Group } from '@mantine/core';

/** The next page of a list that begins with the newest; nothing where there is none. Takes what an infinite query gives. */
export function ShowOlder({
  hasNextPage,
  isFetchingNextPage,
  fetchNextPage,
}: {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}) {
  if (!hasNextPage) return null;
  return (
    <Group>
      <Button variant="default" onClick={() => fetchNextPage()} loading={isFetchingNextPage}>
        Show older
      </Button>
    </Group>
  );
}
