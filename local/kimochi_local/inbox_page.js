// Shows what is new, and only then changes the page: what is unfolded stays so, and what one reads stays in its place.

const EVERY_MS = 2000;

const key = (details) => {
  const home = details.closest("[id]");
  return home.id + "/" + [...home.querySelectorAll("details")].indexOf(details);
};

const unfolded = () => new Set([...document.querySelectorAll("details[open]")].map(key));

// The first message on the screen, and how far below the upper edge it begins.
const landmark = () => {
  if (window.scrollY === 0) return null;
  for (const element of document.querySelectorAll("article[id]")) {
    const { top, bottom } = element.getBoundingClientRect();
    if (bottom > 0) return { id: element.id, top };
  }
  return null;
};

const replace = (fresh) => {
  const open = unfolded();
  const mark = landmark();
  document.getElementById("page").replaceWith(fresh.getElementById("page"));
  document.title = fresh.title;
  for (const details of document.querySelectorAll("details")) details.open = open.has(key(details));
  const again = mark && document.getElementById(mark.id);
  if (again) window.scrollBy(0, again.getBoundingClientRect().top - mark.top);
};

const look = async () => {
  const { version } = document.getElementById("page").dataset;
  const answer = await fetch(location.pathname + location.search, {
    headers: { "if-none-match": `"${version}"` },
    cache: "no-store",
  });
  if (answer.status === 200) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
};

setInterval(async () => {
  if (document.hidden || String(getSelection())) return;
  const silence = document.getElementById("silence");
  silence.hidden = await look().then(() => true, () => false);
}, EVERY_MS);
