// Runs once for each HTML piece of the page: taps on what carries data-act go to Python, and new words stay in view.
const page = document.querySelector("#page");

element.addEventListener("click", (event) => {
  const tapped = event.target.closest("[data-act]");
  if (!tapped || !element.contains(tapped)) return;
  const { act, value = "", turn = "" } = tapped.dataset;
  if (act === "menu") return page.classList.toggle("side-open"); // phones: the side folds in and out
  trigger(["say", "retry", "forget"].includes(act) ? "ask" : "tap", { act, value, turn });
});

const column = element.closest("#scroll");
if (column) {
  let following = true;
  column.addEventListener("click", () => page.classList.remove("side-open"));
  column.addEventListener("scroll", () => {
    following = column.scrollHeight - column.scrollTop - column.clientHeight < 120;
  });
  watch("value", () => {
    page.classList.remove("side-open");
    if (element.closest("#live") ? props.value : following) column.scrollTop = column.scrollHeight;
  });
}
