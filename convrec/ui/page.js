// Runs once for each HTML piece of the page: taps on what carries data-act go to Python, and new words stay in view.
element.addEventListener("click", (event) => {
  const tapped = event.target.closest("[data-act]");
  if (!tapped || !element.contains(tapped)) return;
  const { act, value = "", turn = "" } = tapped.dataset;
  if (act === "menu") return document.body.classList.toggle("side-open");
  document.body.classList.remove("side-open");
  trigger(["say", "retry", "forget"].includes(act) ? "ask" : "tap", { act, value, turn });
});

const column = element.closest("#scroll");
if (column) {
  let following = true;
  column.addEventListener("scroll", () => {
    following = column.scrollHeight - column.scrollTop - column.clientHeight < 120;
  });
  watch("value", () => {
    if (element.closest("#live") ? props.value : following) column.scrollTop = column.scrollHeight;
  });
}
